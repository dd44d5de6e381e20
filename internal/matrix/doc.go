// Package matrix owns a matrix of runs: the product of its axes, the id of
// every cell, which shard runs it, how the results of shards are put together,
// and what differs between cells.
//
// It never runs anything and never judges a run: verify does, and a cell here
// is what is kept of its verdict.
package matrix
