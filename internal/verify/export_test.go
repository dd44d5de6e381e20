package verify

// HasEffect tells whether it is known what a kind of step does to its server.
func HasEffect(kind string) bool {
	_, known := effects[kind]
	return known
}
