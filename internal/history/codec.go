package history

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// kinds makes the event for each value of the key "k", sorted.
var kinds = map[string]func() Event{
	"counters": func() Event { return &Counters{} },
	"end":      func() Event { return &End{} },
	"frontend": func() Event { return &FrontendState{} },
	"header":   func() Event { return &Header{} },
	"host":     func() Event { return &Host{} },
	"log":      func() Event { return &LogLine{} },
	"message":  func() Event { return &Message{} },
	"note":     func() Event { return &Note{} },
	"program":  func() Event { return &Program{} },
	"req":      func() Event { return &Request{} },
	"state":    func() Event { return &ServerState{} },
	"step":     func() Event { return &Step{} },
}

func (*Counters) kind() string      { return "counters" }
func (*End) kind() string           { return "end" }
func (*FrontendState) kind() string { return "frontend" }
func (*Header) kind() string        { return "header" }
func (*Host) kind() string          { return "host" }
func (*LogLine) kind() string       { return "log" }
func (*Message) kind() string       { return "message" }
func (*Note) kind() string          { return "note" }
func (*Program) kind() string       { return "program" }
func (*Request) kind() string       { return "req" }
func (*ServerState) kind() string   { return "state" }
func (*Step) kind() string          { return "step" }

// appendEvent appends the event's line, newline included: a JSON object whose
// first key is k.
func appendEvent(buf []byte, e Event) ([]byte, error) {
	if r, ok := e.(*Request); ok {
		return appendRequest(buf, r), nil
	}
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	buf = append(buf, `{"k":"`...)
	buf = append(buf, e.kind()...)
	buf = append(buf, '"')
	if len(body) > 2 {
		buf = append(buf, ',')
	}
	return append(append(buf, body[1:]...), '\n'), nil
}

// maxLine bounds a line, in bytes: the header holds a scenario of up to 1 MiB.
const maxLine = 8 << 20

// Error is a line of a history that cannot be used.
type Error struct {
	Line int // from 1
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("history line %d: %v", e.Line, e.Err) }

// Unwrap gives the reason.
func (e *Error) Unwrap() error { return e.Err }

// Reader reads the events of a history in order.
type Reader struct {
	in     *bufio.Reader
	line   int
	long   []byte // a line that is longer than the buffer of in
	names  names
	slab   []scanned
	bounds bounds
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 1<<16)} }

// Next is the next event. At the end it returns io.EOF. When the last line
// was cut (a killed run) it returns ErrCut, and a line that is none of
// halab's gives an *Error after which reading can go on. A history that holds
// more of something than any run has gives a *BoundError.
func (r *Reader) Next() (Event, error) {
	e, err := r.next()
	var foreign *Error
	var beyond error
	switch {
	case err == nil:
		beyond = r.bounds.event(e)
	case errors.As(err, &foreign):
		beyond = r.bounds.unusable()
	}
	if beyond != nil {
		return nil, beyond
	}
	return e, err
}

func (r *Reader) next() (Event, error) {
	line, err := r.readLine()
	if err != nil {
		return nil, err
	}
	if e := r.request(line); e != nil {
		return e, nil
	}
	var head struct {
		K string `json:"k"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, &Error{r.line, err}
	}
	newEvent, ok := kinds[head.K]
	if !ok {
		return nil, &Error{r.line, fmt.Errorf("unknown kind of event %q", head.K)}
	}
	e := newEvent()
	if err := json.Unmarshal(line, e); err != nil {
		return nil, &Error{r.line, err}
	}
	tidy(e)
	return e, nil
}

// tidy makes an empty list none, as it is when it was left out: both are
// written alike.
func tidy(e Event) {
	switch e := e.(type) {
	case *End:
		if len(e.Issued) == 0 {
			e.Issued = nil
		}
	case *Program:
		if len(e.Workers) == 0 {
			e.Workers = nil
		}
	case *Step:
		if len(e.Touches) == 0 {
			e.Touches = nil
		}
	}
}

// request reads a line that is a request of the form in which halab writes
// it; nil means that it is not.
func (r *Reader) request(line []byte) *Request {
	if !bytes.HasPrefix(line, []byte(`{"k":"req",`)) {
		return nil
	}
	if len(r.slab) == 0 {
		r.slab = make([]scanned, 32) // one allocation instead of many
	}
	e := &r.slab[0]
	if !scanRequest(line, &r.names, &e.Request, &e.log) {
		*e = scanned{}
		return nil
	}
	r.slab = r.slab[1:]
	return &e.Request
}

// scanned is a request with its log line beside it.
type scanned struct {
	Request
	log Seen
}

// ErrCut says that a history ends within a line, or a compressed one before
// its end.
var ErrCut = errors.New("history ends within a line")

// readLine is the next line, which stands until the one after it is read.
func (r *Reader) readLine() ([]byte, error) {
	r.line++
	line := r.long[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if err == nil && len(line) == 0 {
			return part, nil
		}
		line = append(line, part...)
		r.long = line
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull) && len(line) <= maxLine:
			continue
		case errors.Is(err, bufio.ErrBufferFull):
			return nil, r.tooLong()
		case cutWithin(err, len(line)):
			return nil, ErrCut
		default:
			return nil, err
		}
	}
}

// cutWithin tells the end of a file that was cut from that of a whole one: it
// comes within a line or, where the file is compressed, within a frame.
func cutWithin(err error, read int) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) && read > 0
}

// tooLong passes over the rest of a line that is not kept.
func (r *Reader) tooLong() error {
	for {
		switch _, err := r.in.ReadSlice('\n'); {
		case errors.Is(err, bufio.ErrBufferFull):
		case cutWithin(err, maxLine):
			return ErrCut
		case err != nil:
			return err
		default:
			return &Error{r.line, errors.New("line too long")}
		}
	}
}
