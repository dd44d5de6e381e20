package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	"halab/internal/render"
)

// CAFile is the name of the file in the lab's directory that holds the
// certificate of the lab's CA, for whoever wants to look with a client of
// their own.
const CAFile = "ca.pem"

// Certificates are made for one lab and go with it.
type Certificates struct {
	Server []byte         // PEM: the server's certificate and its private key
	CA     []byte         // PEM: the CA's certificate, whose key nobody keeps
	Pool   *x509.CertPool // the CA alone
}

// validity is how long the certificates of a lab are valid: as long as a lab
// that stays may reasonably do.
const validity = 7 * 24 * time.Hour

// NewCertificates makes a CA and a certificate of it for localhost, 127.0.0.1
// and ::1 (ECDSA P-256).
func NewCertificates(now time.Time) (Certificates, error) {
	ca := template(now, 1, "halab lab CA")
	ca.IsCA, ca.BasicConstraintsValid, ca.MaxPathLenZero = true, true, true
	ca.KeyUsage = x509.KeyUsageCertSign
	server := template(now, 2, "halab lab")
	server.KeyUsage = x509.KeyUsageDigitalSignature
	server.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	server.DNSNames = []string{"localhost"}
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}

	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Certificates{}, fmt.Errorf("make the lab's CA: %w", err)
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return Certificates{}, fmt.Errorf("make the lab's CA: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return Certificates{}, fmt.Errorf("make the lab's certificate: %w", err)
	}
	der, err := x509.CreateCertificate(rand.Reader, server, ca, key.Public(), caKey)
	if err != nil {
		return Certificates{}, fmt.Errorf("make the lab's certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Certificates{}, fmt.Errorf("make the lab's certificate: %w", err)
	}
	c := Certificates{CA: block("CERTIFICATE", caDER), Pool: x509.NewCertPool()}
	c.Server = slices.Concat(block("CERTIFICATE", der), block("PRIVATE KEY", keyDER))
	c.Pool.AppendCertsFromPEM(c.CA)
	return c, nil
}

func template(now time.Time, serial int64, name string) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity),
	}
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// certify makes the lab's certificates where a frontend needs them. Only the
// lab's user can read the key; HAProxy runs as that user.
func (l *Lab) certify() error {
	if len(l.SSL) == 0 {
		return nil
	}
	c, err := NewCertificates(time.Now())
	if err != nil {
		return err
	}
	l.CA = c.Pool
	err = errors.Join(
		os.WriteFile(filepath.Join(l.Dir, render.CertificateFile), c.Server, 0o600),
		os.WriteFile(filepath.Join(l.Dir, CAFile), c.CA, 0o644))
	if err != nil {
		return fmt.Errorf("write the lab's certificates: %w", err)
	}
	return nil
}
