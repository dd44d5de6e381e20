package history

import "strings"

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

// LaneClass is the traffic class of a lane.
func LaneClass(lane string) string {
	class, _, _ := strings.Cut(lane, laneMark)
	return class
}

// LaneFrontend is the frontend of a lane; "" where the traffic has only one.
func LaneFrontend(lane string) string {
	_, frontend, _ := strings.Cut(lane, laneMark)
	return frontend
}

// Class is the traffic class of the request's lane.
func (r *Request) Class() string { return LaneClass(r.Lane) }
