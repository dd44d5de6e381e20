package render

import (
	"bufio"
	"fmt"
	"io"
	"os"
)

// The paths of the long transfers and of the page for browsers. They are the
// lab's own.
const (
	DownloadPath = "/halab/download"
	UploadPath   = "/halab/upload"
	BrowserPath  = "/halab/browser"
)

// patternLine is the length of a line of the pattern, its line feed included.
const patternLine = 16

// Pattern fills b with the bytes from offset on of the content of long
// transfers: lines that each name their own offset in hexadecimal. So each
// byte is known without the content being kept anywhere, and a piece that is
// missing, doubled or moved shows.
func Pattern(offset int64, b []byte) {
	for len(b) > 0 {
		var line [patternLine]byte
		start := offset - offset%patternLine
		for i := range patternLine - 1 {
			line[i] = "0123456789abcdef"[start>>(4*(patternLine-2-i))&0xf]
		}
		line[patternLine-1] = '\n'
		n := copy(b, line[offset-start:])
		b, offset = b[n:], offset+int64(n)
	}
}

// patternFile writes a file of size bytes of the pattern.
func patternFile(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write the download: %w", err)
	}
	out := bufio.NewWriterSize(f, 1<<16)
	_, err = io.CopyN(out, &patternReader{}, size)
	if err == nil {
		err = out.Flush()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("write the download: %w", err)
	}
	return nil
}

type patternReader struct{ offset int64 }

func (r *patternReader) Read(b []byte) (int, error) {
	Pattern(r.offset, b)
	r.offset += int64(len(b))
	return len(b), nil
}
