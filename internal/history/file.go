package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/klauspost/compress/zstd"
)

// CompressAbove is the size in bytes above which Compress compresses: a
// history that an editor opens stays one.
const CompressAbove = 64 << 20

// compressedSuffix is what a compressed history's name ends in, as zstd(1)
// has it.
const compressedSuffix = ".zst"

// Open opens the history at path for reading, compressed or not (RFC 8878).
// Where there is none it looks for path.zst, which is what Compress leaves.
func Open(path string) (io.ReadCloser, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if c, cerr := os.Open(path + compressedSuffix); cerr == nil {
			f, err = c, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the history: %w", err)
	}
	magic := make([]byte, len(zstdMagic))
	if n, _ := io.ReadFull(f, magic); n < len(magic) || !bytes.Equal(magic, zstdMagic) {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("open the history: %w", err)
		}
		return f, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open the history: %w", err)
	}
	// One decoder at a time: reading a history is not worth all the cores.
	dec, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("open the history: %w", err)
	}
	out := &compressedFile{Decoder: dec, f: f, most: leastUnpacked}
	if info, err := f.Stat(); err == nil {
		out.most = max(leastUnpacked, unpacksTo*info.Size())
	}
	return out, nil
}

// A history unpacks to about ten times its size, since no two lines of it are
// alike. One that unpacks to more than unpacksTo times that, and to more than
// leastUnpacked bytes, is made to fill the memory of who reads it. maxWindow is
// how much a decoder may have to remember, in bytes.
const (
	leastUnpacked = 64 << 20
	unpacksTo     = 200
	maxWindow     = 128 << 20
)

// zstdMagic begins every zstd frame (RFC 8878, 3.1.1).
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

type compressedFile struct {
	*zstd.Decoder
	f          *os.File
	most, read int64 // bytes that may be unpacked, and that were
}

// Read unpacks, and says when that becomes too much.
func (c *compressedFile) Read(p []byte) (int, error) {
	n, err := c.Decoder.Read(p)
	if c.read += int64(n); c.read > c.most {
		return 0, fmt.Errorf("it unpacks to more than %d MiB, over %d times its size: no history of halab's does", c.most>>20, unpacksTo)
	}
	return n, err
}

// WriteTo keeps io.Copy from going around Read.
func (c *compressedFile) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, struct{ io.Reader }{c})
}

// Close closes the decoder and the file.
func (c *compressedFile) Close() error {
	c.Decoder.Close()
	return c.f.Close()
}

// Compress compresses the closed history at path when it is larger than
// above, in bytes, and returns the name under which it is then. The plain
// file goes only once the compressed one is whole.
func Compress(path string, above int64) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return path, fmt.Errorf("compress the history: %w", err)
	}
	if info.Size() <= above {
		return path, nil
	}
	work := path + compressedSuffix + ".part"
	if err := compressTo(work, path); err != nil {
		_ = os.Remove(work)
		return path, fmt.Errorf("compress the history: %w", err)
	}
	if err := os.Rename(work, path+compressedSuffix); err != nil {
		return path, fmt.Errorf("compress the history: %w", err)
	}
	return path + compressedSuffix, os.Remove(path)
}

func compressTo(work, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(work)
	if err != nil {
		return err
	}
	enc, err := zstd.NewWriter(out, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return errors.Join(err, out.Close())
	}
	_, err = io.Copy(enc, in)
	return errors.Join(err, enc.Close(), out.Close())
}
