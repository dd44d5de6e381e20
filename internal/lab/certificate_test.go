package lab

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"testing"
	"time"
)

func TestCertificates(t *testing.T) {
	now := time.Now()
	made, err := NewCertificates(now)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewCertificates(now)
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(made.Server, made.Server)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(made.CA, []byte("PRIVATE")) {
		t.Error("the CA's key is kept")
	}
	for _, c := range []struct {
		name string
		pool *x509.CertPool
		at   time.Time
		ok   bool
	}{
		{"localhost", made.Pool, now, true},
		{"127.0.0.1", made.Pool, now, true},
		{"::1", made.Pool, now, true},
		{"example.org", made.Pool, now, false},
		{"localhost", other.Pool, now, false},
		{"localhost", x509.NewCertPool(), now, false},
		{"localhost", made.Pool, now.Add(validity + time.Minute), false},
		{"localhost", made.Pool, now.Add(-2 * time.Hour), false},
	} {
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: c.name, Roots: c.pool, CurrentTime: c.at}); (err == nil) != c.ok {
			t.Errorf("%s at %s: %v", c.name, c.at, err)
		}
	}
}
