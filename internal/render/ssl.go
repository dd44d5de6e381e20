package render

import (
	"path"
	"strings"

	"github.com/haproxytech/config-parser/v5/params"
	"github.com/haproxytech/config-parser/v5/types"

	"halab/internal/scenario"
)

// CertificateFile is the name of the file in the lab's directory that holds
// the lab's certificate and its key.
const CertificateFile = "lab.pem"

// plainCertificate stands for a certificate where none of the lab's is.
const plainCertificate = "/etc/haproxy/site.pem"

// sslBind is the bind line with ssl of a frontend.
func sslBind(src *scenario.Frontend, t Target) types.Bind {
	b := types.Bind{Path: src.SSL.Bind, Params: []params.BindOption{&params.BindOptionWord{Name: "ssl"}}}
	crt := t.Certificate
	switch own, ok := t.SSLBinds[src.Name]; {
	case t.Plain:
		b.Comment = "a certificate and its key"
	case ok && own != src.SSL.Bind:
		b.Path, b.Comment = own, lab+": "+src.SSL.Bind+" in the scenario, the certificate of the lab"
	default:
		b.Comment = lab + ": the certificate of the lab"
	}
	switch {
	case crt != "":
	case t.Plain:
		crt = plainCertificate
	default:
		crt = path.Join(t.Dir, CertificateFile)
	}
	b.Params = append(b.Params, &params.BindOptionValue{Name: "crt", Value: crt})
	if len(src.SSL.ALPN) > 0 {
		b.Params = append(b.Params, &params.BindOptionValue{Name: "alpn", Value: strings.Join(src.SSL.ALPN, ",")})
	}
	return b
}
