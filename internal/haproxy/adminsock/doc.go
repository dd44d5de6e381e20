// Package adminsock owns the client of HAProxy's stats socket: one connection
// a command, an answer that is known to be complete, and changes that were
// read back.
//
// It never starts a HAProxy, never keeps a connection and never tries a
// command again.
package adminsock
