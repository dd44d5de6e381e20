// Package haproxy owns the vocabulary of HAProxy: what its administrative
// words, counters, states and log fields are called and mean, and the parsers
// of what it prints (show stat, show servers state, its log).
//
// It never does I/O, never talks to a HAProxy and never judges what it reads.
package haproxy
