// Package console is the command centre: pages that say what is happening to customers now, what is breaking, and who mends it.
//
//	table, err := insight.New(blueprint)                        // package insight
//	page, err := console.New(table, console.WithViewer(who))
//	mux.Handle("/cx/", page)                                     // with console.WithPath("/cx/")
//
// A [Console] is an http.Handler that a service mounts. It reads an insight.Table that the service loads, and keeps nothing of its own. All its numbers
// are answers of package insight.
//
// # Who sees what
//
// [WithViewer] gives the insight.Viewer of a request: its rights and its scope. Package insight applies them. Without it, the console answers requests from
// this machine alone: the peer is a loopback address, the Host is one too, and no header says that a proxy forwarded the request.
// [WithSignIn] mounts the pages to sign in and out; package cx/console/oidc has them for OpenID Connect.
//
// # Pages
//
//	Now         objectives, what got worse, open runs, promises about to break, what was said today, whether the data is whole
//	Journey     how far customers come, where they leave, which ways they take, who completes it, what they said
//	Run         one run, or one customer: everything in order
//	Support     contacts with people, by queue and half hour
//	Voice       what customers say, and what became of it
//	Goes with   what bad runs have in common, what a release changed, and examples with their traces
//	Reports     the reports of weeks, months, quarters and years, and subscriptions to them
//
// Every page works without a script, in a browser of 360 pixels and on paper. With the script it keeps itself current.
//
// # What it costs
//
// All readers share the answers: a question is asked once for each state of the table and each scope. [WithQuestions] bounds how many are answered at the
// same time. A reader who has to wait for longer than ten seconds gets 503 with Retry-After.
package console
