package software

import (
	"runtime"
	"slices"

	"halab/internal/haproxy"
)

// names are the programs that can be asked for, sorted.
var names = []string{HAProxy, Nginx}

// debianPackage is a package of a Debian suite that holds a version.
type debianPackage struct {
	name    string // as in Want
	prefix  string // the version that the suite holds; short where the patch level still moves
	suite   string
	pkg     string
	aptOpts []string // for mmdebstrap's --aptopt
}

// catalogue is what Debian's suites hold, sorted by name and version. A test
// keeps it sorted and its versions well-formed. forky is Debian's testing suite:
// its index may be older than the date in it allows.
var catalogue = []debianPackage{
	{HAProxy, "2.2.9", "bullseye", "haproxy", nil},
	{HAProxy, "2.6.12", "bookworm", "haproxy", nil},
	{HAProxy, "3.0", "trixie", "haproxy", nil},
	{HAProxy, "3.2", "forky", "haproxy", []string{ignoreValidUntil}},
	{Nginx, "1.18.0", "bullseye", "nginx-light", nil},
	{Nginx, "1.22.1", "bookworm", "nginx-light", nil},
	{Nginx, "1.26.3", "trixie", "nginx-light", nil},
	{Nginx, "1.30", "forky", "nginx-light", []string{ignoreValidUntil}},
}

const ignoreValidUntil = `Acquire::Check-Valid-Until "false"`

// version returns the prefix as a version; catalogue's test shows that it is
// one.
func (p debianPackage) version() haproxy.Version {
	v, _ := haproxy.ParseVersion(p.prefix)
	return v
}

// source names the package for people.
func (p debianPackage) source() string { return "Debian " + p.suite }

// key names the package in the cache: what may be fetched only once at a time.
func (p debianPackage) key() string {
	return p.name + "_" + p.suite + "_" + runtime.GOARCH
}

// mayHold says whether the suite can hold a version that satisfies want: the
// one is a prefix of the other.
func (p debianPackage) mayHold(want Want) bool {
	return p.name == want.Name &&
		(satisfies(p.version(), want.Version) || satisfies(want.Version, p.version()))
}

// candidates returns the packages that can hold want, the newest first.
func candidates(want Want) []debianPackage {
	var found []debianPackage
	for _, p := range slices.Backward(catalogue) {
		if p.mayHold(want) {
			found = append(found, p)
		}
	}
	return found
}
