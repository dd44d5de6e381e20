package history

import "strings"

// The traffic classes: those of a scenario's traffic by its keys, and the GETs
// of steps.
const (
	PollLane     = "poll"
	NewLane      = "new"
	KeptLane     = "kept"
	IdleLane     = "idle"
	DownloadLane = "download"
	UploadLane   = "upload" // its requests are not idempotent
	StreamLane   = "stream" // its connections are held for as long as the traffic lasts
	TLSLane      = "tls"
	H2Lane       = "h2"
	StepLane     = "step" // its requests follow no schedule
)

// A lane is named by its traffic class: "new". Where the traffic goes to
// several frontends each has lanes of its own: "new@www", "new@api". A name of
// HAProxy's has no @ in it.
const laneMark = "@"

// LaneName is the name of a class's lane to a frontend; "" where the traffic
// has only one.
func LaneName(class, frontend string) string {
	if frontend == "" {
		return class
	}
	return class + laneMark + frontend
}

// LaneClass is the traffic class of a lane. Every rule asks for that of every
// request, and a lane's name is short.
func LaneClass(lane string) string {
	for i := range len(lane) {
		if lane[i] == laneMark[0] {
			return lane[:i]
		}
	}
	return lane
}

// LaneFrontend is the frontend of a lane; "" where the traffic has only one.
func LaneFrontend(lane string) string {
	_, frontend, _ := strings.Cut(lane, laneMark)
	return frontend
}

// Reuses reports whether the connections of a traffic class carry one request
// after the other.
func Reuses(class string) bool { return class == KeptLane || class == IdleLane || class == H2Lane }

// Class is the traffic class of the request's lane.
func (r *Request) Class() string { return LaneClass(r.Lane) }
