package history

import (
	"encoding/json"
	"strconv"
)

// appendRequest appends r as json.Marshal would write it, with k in front. It
// is written by hand because it runs once a request, beside the prober.
func appendRequest(b []byte, r *Request) []byte {
	b = append(b, `{"k":"req","id":`...)
	b = appendString(b, r.ID)
	b = append(b, `,"lane":`...)
	b = appendString(b, r.Lane)
	b = appendInt(b, `,"conn":`, r.Conn)
	b = appendInt(b, `,"port":`, int64(r.Port))
	b = appendInt(b, `,"reuse":`, int64(r.Reuse))
	b = strconv.AppendInt(append(b, `,"intended_us":`...), int64(r.Intended), 10)
	b = appendInt(b, `,"sent_us":`, int64(r.Sent))
	b = appendInt(b, `,"first_us":`, int64(r.First))
	b = appendInt(b, `,"quiet_us":`, int64(r.Quiet))
	b = appendInt(b, `,"quiet_from_us":`, int64(r.QuietFrom))
	b = appendInt(b, `,"starved_us":`, int64(r.Starved))
	b = appendText(b, `,"starved_by":`, r.StarvedBy)
	b = strconv.AppendInt(append(b, `,"done_us":`...), int64(r.Done), 10)
	b = appendInt(b, `,"status":`, int64(r.Status))
	b = appendText(b, `,"header":`, r.Header)
	b = appendText(b, `,"server":`, r.Server)
	b = appendInt(b, `,"put":`, r.Put)
	b = appendInt(b, `,"want":`, r.Want)
	b = appendInt(b, `,"got":`, r.Got)
	b = append(b, `,"outcome":`...)
	b = appendString(b, string(r.Outcome))
	b = appendText(b, `,"error":`, r.Error)
	if r.Log != nil {
		b = appendSeen(append(b, `,"log":`...), r.Log)
	}
	return append(b, "}\n"...)
}

func appendSeen(b []byte, s *Seen) []byte {
	b = append(b, `{"ts":`...)
	b = appendString(b, string(s.State))
	b = append(b, `,"srv":`...)
	b = appendString(b, s.Server)
	b = strconv.AppendInt(append(b, `,"status":`...), int64(s.Status), 10)
	b = strconv.AppendInt(append(b, `,"bytes":`...), s.Bytes, 10)
	b = appendInt(b, `,"arrived_us":`, int64(s.Arrived))
	b = strconv.AppendInt(append(b, `,"tw":`...), s.Tw, 10)
	b = strconv.AppendInt(append(b, `,"tc":`...), s.Tc, 10)
	b = strconv.AppendInt(append(b, `,"tr":`...), s.Tr, 10)
	b = strconv.AppendInt(append(b, `,"ta":`...), s.Ta, 10)
	b = appendInt(b, `,"retries":`, int64(s.Retries))
	if s.Redispatched {
		b = append(b, `,"redispatched":true`...)
	}
	return append(b, '}')
}

// appendInt appends a number unless it is 0.
func appendInt(b []byte, key string, n int64) []byte {
	if n == 0 {
		return b
	}
	return strconv.AppendInt(append(b, key...), n, 10)
}

// appendText appends a string unless it is empty.
func appendText(b []byte, key, text string) []byte {
	if text == "" {
		return b
	}
	return appendString(append(b, key...), text)
}

// appendString appends a string as JSON.
func appendString(b []byte, text string) []byte {
	for i := range len(text) {
		if !plain(text[i]) {
			quoted, _ := json.Marshal(text) // a string has no error
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, text...)
	return append(b, '"')
}

// plain tells a byte that stands for itself in a JSON string, as
// encoding/json writes it.
func plain(c byte) bool {
	const special = 1<<('"'-' ') | 1<<('&'-' ') | 1<<('<'-' ') | 1<<('>'-' ') | 1<<('\\'-' ')
	return c >= ' ' && c < 0x7f && uint64(special)>>(c-' ')&1 == 0
}
