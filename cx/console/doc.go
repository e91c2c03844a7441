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
//	Now         the worst thing first; objectives, what got worse, promises about to break and late, open runs, what was said today, whether the data is whole
//	Journey     how far customers come, where they leave, which ways they take
//	Run         one run, or one customer: everything in order
//	Support     contacts with people, by queue and half hour
//	Voice       what customers say, and what became of it
//	Goes with   what bad runs have in common
//	Reports     the reports of weeks, months, quarters and years
//
// Every page works without a script, in a browser of 360 pixels and on paper. With the script it keeps itself current.
//
// # What it costs
//
// All readers share the answers: a question is asked once for each state of the table, each scope, each filter and each moment. Moments are [WithRefresh] apart. [WithQuestions]
// bounds how many are answered at the same time, and how many parts of pages are written, so that half of the processors stay with the service that mounts the
// console. A reader who has to wait for longer than ten seconds gets 503 with Retry-After. 512 answers are kept, and 1,000 pages keep themselves current. A reader who does not
// read is given up after 30 seconds, whatever deadline the server has.
//
// # Keeping it current
//
// The service keeps the table current: insight.Table.Follow does so in a goroutine of the service. A page says when the table was last read, and that it could not be
// read since. It hears of newer rows at the next moment, and each minute of the time that has passed.
package console
