package probe

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"halab/internal/render"
)

// FuzzResponse: whatever the reader takes for a whole answer, net/http takes
// for the same one.
func FuzzResponse(f *testing.F) {
	for _, a := range answers() {
		f.Add([]byte(a.text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		in := bufio.NewReaderSize(bytes.NewReader(data), 64)
		var h head
		var got []byte
		err := h.read(in)
		if err == nil {
			err = h.readBody(in, func(b []byte) { got = append(got, b...) })
		}
		if err != nil {
			return
		}
		resp, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(data)), nil)
		if err != nil {
			t.Fatalf("net/http refuses: %v", err)
		}
		defer resp.Body.Close()
		want, err := io.ReadAll(resp.Body)
		if h.status == http.StatusSwitchingProtocols {
			return // net/http gives the rest of the connection as the body
		}
		if err != nil || !bytes.Equal(got, want) || h.status != resp.StatusCode {
			t.Errorf("status %d, body %q; net/http: %d, %q, %v", h.status, got, resp.StatusCode, want, err)
		}
		if s := resp.Header.Get("Server"); s != string(h.header) && h.header != nil && len(h.header) > 0 {
			t.Errorf("server %q; net/http: %q", h.header, s)
		}
		if s := resp.Header.Get(render.ServerHeader); !strings.HasPrefix(string(h.server), s) {
			t.Errorf("%s %q; net/http: %q", render.ServerHeader, h.server, s)
		}
		if h.persists() && resp.Close {
			t.Error("net/http would close the connection")
		}
	})
}

func BenchmarkResponse(b *testing.B) {
	for _, reader := range []struct {
		name string
		read func(*bufio.Reader) error
	}{
		{"own", func() func(*bufio.Reader) error {
			h := head{page: pageHead{want: render.PageType}}
			return func(in *bufio.Reader) error {
				if err := h.read(in); err != nil {
					return err
				}
				var body body
				return h.readBody(in, body.see)
			}
		}()},
		{"net/http", func(in *bufio.Reader) error {
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				return err
			}
			_, err = io.ReadAll(resp.Body)
			return err
		}},
	} {
		b.Run(reader.name, func(b *testing.B) {
			b.ReportAllocs()
			good := strings.Replace(good, "content-length", "content-type: text/plain\r\ncontent-length", 1)
			src := strings.NewReader(good)
			in := bufio.NewReader(src)
			for b.Loop() {
				src.Reset(good)
				in.Reset(src)
				if err := reader.read(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
