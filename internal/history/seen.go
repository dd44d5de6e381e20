package history

import "time"

// SeenBy is the probability with which a stratified schedule (one request at a
// uniformly random moment of each interval) has a request due within a whole
// outage of this length, 0 to 1. For x = length/interval it is
//
//	x − x³/6         for x ≤ 1
//	1 − (2 − x)³/6   for 1 ≤ x ≤ 2
//	1                from 2 on
//
// An outage that begins u intervals before the end of one covers a part a of it
// and a part b of the next and is missed with probability (1 − a)(1 − b), unless
// it covers a whole one; that is averaged over u.
func SeenBy(interval, length time.Duration) float64 {
	x := float64(length) / float64(interval)
	switch {
	case x <= 0:
		return 0
	case x <= 1:
		return x - x*x*x/6
	case x < 2:
		return 1 - (2-x)*(2-x)*(2-x)/6
	}
	return 1
}
