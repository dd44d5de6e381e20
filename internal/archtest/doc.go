// Package archtest owns the promise that ARCHITECTURE.md is true: its table of
// packages is read from the page and compared with the code.
//
// It never has a table of its own.
package archtest
