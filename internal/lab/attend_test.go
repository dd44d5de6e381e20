package lab

import "testing"

func TestSameHAProxy(t *testing.T) {
	id := func(pid, uptime string) HAProxyID {
		return HAProxyOf(map[string]string{"Pid": pid, "Uptime_sec": uptime})
	}
	for _, c := range []struct {
		what     string
		was, now HAProxyID
		same     bool
	}{
		{"a moment later", id("8", "5"), id("8", "5"), true},
		{"later", id("8", "5"), id("8", "90"), true},
		{"of another id", id("8", "5"), id("9", "6"), false},
		{"of the same id in a container that was started again", id("8", "5"), id("8", "0"), false},
		{"none any more", id("8", "5"), HAProxyOf(nil), false},
		{"none yet", HAProxyOf(nil), HAProxyOf(nil), true},
	} {
		if got := c.now.Same(c.was); got != c.same {
			t.Errorf("%s: %t", c.what, got)
		}
	}
}
