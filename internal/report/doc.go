// Package report owns what a verdict looks like: text for people, JSON,
// JUnit and Markdown for machines, and one HTML page for whoever asks how we
// know.
//
// It never decides anything: what was lost, what passed and why is verify's.
// It adds up and draws what a history records, and says so where it does.
package report
