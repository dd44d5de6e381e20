package render

import "strconv"

// The paths of the streams. nginx hands them to the origin at StreamSocket.
const (
	WebSocketPath = "/halab/websocket"
	EventsPath    = "/halab/events"
)

// StreamSocket is the name of the unix socket in the lab's directory at which
// halab itself ends the streams.
const StreamSocket = "stream.sock"

// StreamMessage appends message n, from 1, of the stream of that id. It names
// both, so that one that is missing, doubled, or of another stream shows.
func StreamMessage(b []byte, id string, n int64) []byte {
	b = append(append(b, id...), " message "...)
	return strconv.AppendInt(b, n, 10)
}

// StreamEnd is the event that ends a stream of server-sent events whose end
// was asked for. Without it the stream has been cut, however cleanly.
const StreamEnd = "end"
