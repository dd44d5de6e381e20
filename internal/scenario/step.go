package scenario

// Step is one step of the procedure: its kind, the arguments as that kind
// decoded them, and where it stands in the file.
type Step struct {
	Kind string
	Args StepArgs
	Pos  Pos
	// Text is the step as written, on one line: "maint: bk_app/nginx2".
	Text string
	// Timeout bounds the step; 0 leaves that to its kind.
	Timeout Duration
}

// timeoutKey is the key beside that of the kind which every step may have.
const timeoutKey = "timeout"

// StepArgs are the decoded arguments of a step. A kind that needs to check
// them against the scenario does so in Validate.
type StepArgs interface {
	// Validate reports every mistake in the arguments through c.
	Validate(c *Check)
}

// StepKind describes one kind of step to Parse and to the schema.
type StepKind struct {
	// Name is the key in YAML.
	Name string
	// Doc is one sentence for the schema and the documentation.
	Doc string
	// New returns a pointer to zero arguments of this kind. A struct is
	// decoded field by field under the same rules as the rest of the file.
	// Arguments that also have a short form (maint: bk_app/nginx2) implement
	// ShortForm.
	New func() StepArgs
}

// ShortForm is implemented by arguments that may be written as one scalar.
type ShortForm interface {
	// SetScalar takes the scalar. Its error says what was expected.
	SetScalar(value string) error
}

// Pos is a place in a file; line and column count from 1.
type Pos struct {
	Line, Col int
}
