package lab

import (
	"path/filepath"

	"halab/internal/render"
	"halab/internal/streamorigin"
)

// originate begins to answer the streams that the servers hand on, where the
// scenario has any. A lab that stays has no streams: they would end with
// halab.
func (l *Lab) originate(layout *Layout, o Options) error {
	stream := l.Scenario.Traffic.Stream
	if stream == nil || o.Stay {
		return nil
	}
	layout.Target.Streams = filepath.Join(l.Dir, render.StreamSocket)
	var err error
	l.streams, err = streamorigin.Listen(layout.Target.Streams, stream.EveryD())
	return err
}

// EndStreams says that the traffic is over; see streamorigin.Origin.End.
func (l *Lab) EndStreams() {
	if l.streams != nil {
		l.streams.End()
	}
}

func (l *Lab) closeStreams() error {
	if l.streams == nil {
		return nil
	}
	streams := l.streams
	l.streams = nil
	return streams.Close()
}
