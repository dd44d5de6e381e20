package haproxy

// TerminationState says how a session ended, as HAProxy logs it in %ts (two
// characters) or %tsc (four): the first event that ended it, what the session
// was doing then, and twice what became of a persistence cookie (manual
// section 8.5, "Session state at disconnection", the same letters from 2.2 to
// 3.2). "--" is a normal end.
type TerminationState string

// letter is one character of a termination state and its meaning.
type letter struct {
	char    byte
	meaning string
}

// causeLetters are the meanings of the first character: a clause.
var causeLetters = []letter{
	{'-', "the session ended normally on both sides"},
	{'C', "the client aborted the connection"},
	{'D', "HAProxy closed the session because the server was marked down"},
	{'I', "HAProxy ran into an internal error"},
	{'K', "an administrator killed the session"},
	{'L', "HAProxy answered by itself"},
	{'P', "HAProxy ended the session: a limit, a rule or an invalid message"},
	{'R', "HAProxy had no resources left: memory, sockets or ports"},
	{'S', "the server aborted or refused the connection"},
	{'U', "HAProxy closed the session because a preferred server came up"},
	{'c', "the client sent or read nothing until the client timeout"},
	{'s', "the server sent or read nothing until the server timeout"},
}

// phaseLetters are the meanings of the second character: what the session was
// doing.
var phaseLetters = []letter{
	{'-', "after the transfer"},
	{'C', "while the connection to the server was being established"},
	{'D', "during the transfer of data"},
	{'H', "while HAProxy waited for the server's response headers"},
	{'L', "while the last data went to the client, the server being done"},
	{'Q', "while the request waited in a queue for a server"},
	{'R', "while HAProxy waited for the client's request"},
	{'T', "while the client's request was tarpitted"},
}

// cookieLetters are the meanings of the third character: what persistence
// cookie the client sent.
var cookieLetters = []letter{
	{'-', "no cookie is configured"},
	{'D', "the client's cookie named a server that is down"},
	{'E', "the client's cookie was valid but expired"},
	{'I', "the client's cookie named no known server"},
	{'N', "the client sent no cookie"},
	{'O', "the client's cookie was valid but too old"},
	{'U', "the client sent a cookie that HAProxy did not use"},
	{'V', "the client's cookie named the server it reached"},
}

// operationLetters are the meanings of the fourth character: what became of
// the server's persistence cookie.
var operationLetters = []letter{
	{'-', "no cookie was touched"},
	{'D', "the server's cookie was deleted"},
	{'I', "HAProxy inserted a cookie"},
	{'N', "the server sent no cookie and none was inserted"},
	{'P', "the server sent a cookie, which was left alone"},
	{'R', "the server's cookie was rewritten"},
	{'U', "HAProxy updated the client's cookie"},
}

// knownEndings are the states whose two characters together say more than
// each alone; the manual lists them as the most common ones.
var knownEndings = []struct{ state, meaning string }{
	{"--", "the session ended normally"},
	{"CC", "the client left before the connection to the server was established"},
	{"CD", "the client left during the transfer of data"},
	{"CH", "the client left before the server had answered"},
	{"CQ", "the client left while its request waited in a queue"},
	{"CR", "the client left before it had sent a complete request"},
	{"CT", "the client left while its request was tarpitted"},
	{"DD", "the server was marked down during the transfer, and HAProxy closed the session"},
	{"DH", "the server was marked down before it had answered, and HAProxy closed the session"},
	{"KD", "an administrator killed the session during the transfer of data"},
	{"LC", "HAProxy redirected the client to the server (redir) instead of connecting to it"},
	{"LH", "HAProxy answered by itself in place of the server's response: a return or redirect rule"},
	{"LR", "HAProxy answered by itself: statistics, a redirect or a return rule"},
	{"PC", "HAProxy refused to connect to the server: a limit was reached"},
	{"PD", "HAProxy cut an invalid message during the transfer of data"},
	{"PH", "HAProxy blocked the server's response: it was invalid, or a rule denied it"},
	{"PR", "HAProxy blocked the request: it was invalid, or a rule denied it"},
	{"PT", "HAProxy tarpitted the request, as a rule demanded"},
	{"RC", "HAProxy had no socket or port left to connect to the server"},
	{"SC", "no server took the connection: it was refused or reset, or there was none to try"},
	{"SD", "the server died during the transfer: what the client got is cut, whatever the status says"},
	{"SH", "the server closed the connection before it had sent complete response headers"},
	{"SQ", "no server was left while the request waited in a queue"},
	{"cD", "the client read or sent nothing until the client timeout, during the transfer"},
	{"cH", "the client stopped sending its request body until the client timeout"},
	{"cR", "the client sent no complete request within the timeout"},
	{"sC", "the connection to the server was not established within the connect timeout"},
	{"sD", "the server sent or read nothing until the server timeout, during the transfer"},
	{"sH", "the server did not answer within the server timeout"},
	{"sQ", "the request waited in a queue until the queue timeout"},
}

// Clean says whether the session ended normally: both of its first characters
// are '-'. "LR" is not clean, though harmless: no server answered.
func (t TerminationState) Clean() bool { return len(t) >= 2 && t[:2] == "--" }

// Connected says whether the session had a connection to a server when it ended.
// The empty state says nothing, and is not taken for a session without one.
func (t TerminationState) Connected() bool { return len(t) < 2 || t[1] != 'C' && t[1] != 'Q' }

// Cause says in words what ended the session.
func (t TerminationState) Cause() string { return t.meaning(0, causeLetters) }

// Phase says in words what the session was doing when it ended.
func (t TerminationState) Phase() string { return t.meaning(1, phaseLetters) }

// Cookie says in words what persistence cookie the client sent; "" in the
// state of two characters.
func (t TerminationState) Cookie() string { return t.meaning(2, cookieLetters) }

// CookieOperation says in words what became of the server's persistence
// cookie; "" in the state of two characters.
func (t TerminationState) CookieOperation() string { return t.meaning(3, operationLetters) }

// Explain says in one sentence, without its full stop, how the session ended.
// The empty state gives "".
func (t TerminationState) Explain() string {
	if t == "" {
		return ""
	}
	for _, e := range knownEndings {
		if len(t) >= 2 && string(t[:2]) == e.state {
			return e.meaning
		}
	}
	if len(t) < 2 {
		return t.Cause()
	}
	return t.Cause() + ", " + t.Phase()
}

// meaning looks up the character at i. One that HAProxy does not document is
// named, so that nothing is lost.
func (t TerminationState) meaning(i int, letters []letter) string {
	if i >= len(t) {
		return ""
	}
	for _, l := range letters {
		if l.char == t[i] {
			return l.meaning
		}
	}
	return "an event that HAProxy writes as " + string(rune(t[i]))
}
