// Package e2e owns the tests of halab from outside: the program as people run
// it, beside Debian's own HATop, killed at any moment, as a user without any
// rights, with an engine and without.
//
// It never replaces anything by a mock.
//
// The tests that load the processor (kills, builds) run one after the other;
// those that mostly wait for traffic run side by side, after them.
package e2e
