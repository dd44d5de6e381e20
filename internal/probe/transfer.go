package probe

import (
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"halab/internal/history"
	"halab/internal/render"
	"halab/internal/scenario"
)

// newDownload is the lane of long responses. nginx limits their rate, not the
// client: what a slow client leaves unread stands in the buffers of the
// kernel, and the server has long been done with it.
func newDownload(p *Prober, t scenario.Traffic) sender {
	return &single{p, &ask{method: "GET", path: render.DownloadPath, right: only(pattern(t.Download.Bytes()))}}
}

// newUpload is the lane of long request bodies, whose rate the client limits.
// nginx sends back what it got of each, so that every byte is compared; it
// does so only once it has the whole.
func newUpload(p *Prober, t scenario.Traffic) sender {
	size := pattern(t.Upload.Bytes())
	return &single{p, &ask{method: "POST", path: render.UploadPath, upload: size, lasts: t.Upload.LastsD(), right: only(size)}}
}

// only is the one right content, whichever server answers.
func only(c content) func(string) []content {
	may := []content{c}
	return func(string) []content { return may }
}

// uploadPiece is the time between two pieces of a body.
const uploadPiece = 20 * time.Millisecond

// upload writes the request's body in even pieces. It stops at once where the
// other side answers or ends the connection before it has everything (RFC
// 9112 section 9.5), and leaves it to the answer, or to its absence, to say
// how the request ended.
func (c *conn) upload(r *history.Request) error {
	size, began := int64(c.ask.upload), time.Now()
	for r.Put < size {
		due := min(size, int64(float64(size)*float64(time.Since(began)+uploadPiece)/float64(c.ask.lasts)))
		if err := c.uploadTo(r, due); err != nil {
			return c.answerTo(err)
		}
		if r.Put < size {
			time.Sleep(uploadPiece)
		}
		if err := c.look(); err != nil {
			return c.answerTo(err)
		}
	}
	return nil
}

// uploadTo writes the body up to the offset.
func (c *conn) uploadTo(r *history.Request, to int64) error {
	var piece [4096]byte
	for r.Put < to {
		n := min(to-r.Put, int64(len(piece)))
		render.Pattern(r.Put, piece[:n])
		wrote, err := c.file.Write(piece[:n])
		r.Put += int64(wrote)
		if err != nil {
			return err
		}
	}
	return nil
}

// answerTo is nil where an answer came in before err kept the rest of the body
// from being written; else it is how the connection ended.
func (c *conn) answerTo(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return err
	}
	_, perr := c.in.Peek(1)
	if errors.Is(perr, io.EOF) && errors.Is(err, syscall.ECONNRESET) {
		return err // the kernel tells of a reset once, and then of an end
	}
	return perr
}
