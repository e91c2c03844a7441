// Package console is the command centre: pages that say what is happening to customers now, what is breaking, and who mends it.
//
//	table, err := insight.New(blueprint)                        // package insight
//	page, err := console.New(table, console.WithViewer(who))
//	mux.Handle("/cx/", page)                                     // with console.WithPath("/cx/")
//
// A [Console] is an http.Handler that a service mounts. It reads an insight.Table that the service loads, and keeps nothing but answers and the last moves. All its numbers
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
//	Breakdowns  what has lastingly become worse or better, since when, what it costs, who mends it, and what is overdue; a page for each
//	Journey     how far customers come, where they leave, which ways they take, who completes it, what they said
//	Run         one run, or one customer: where it stands, what is next, what to say, and everything in order
//	Support     contacts with people, by queue and half hour
//	Voice       what customers say, and what became of it
//	Goes with   what bad runs have in common, what a release changed, and examples with their traces
//	Reports     the reports of weeks, months, quarters and years, and subscriptions to them
//
// A reader leaves the reports of a plan by the address in a mail, without signing in: [WithUnsubscribe].
//
// Every page works without a script, in a browser of 360 pixels and on paper. With the script it keeps itself current.
//
// # Numbers and times
//
// Texts and dates are English, and clocks have 24 hours. Numbers have the signs of the reader's locale: of the address (numbers=de), else of the browser (Accept-Language), else of
// [WithNumbers]. Times are in the zone of the address (zone=Europe/Berlin), else in that of [WithZone]. A form at the foot of each page chooses both, the script offers the zone of the
// browser, and all links keep what was chosen.
//
// The console rewrites the numbers of finished HTML (number.Locale), because answers are shared by readers of all locales and their sentences are texts. Cells and values of numbers are
// rewritten whole. In sentences, pictures and labels a number stays as it is if a text of the answers behind it has the same one, such as the name of a release "1.5". IDs, names in
// elements of their own, words of customers, times and fields of forms are left out. Files (Markdown, CSV, JSON, exports) and mail are English.
//
// # Moving things on
//
// With [WithClient], a viewer with the rights insight.Customers and insight.Act moves follow-ups, actions and breakdowns on, promises something by hand and says that it was kept,
// opens a follow-up about a run, and proposes a change. What there is to move is in the table's blueprint, or comes with [WithDefinitions]. The client has to
// have the state of the run: it shares a store with the services (cx.WithStore), or began the run itself. A form that is sent twice is one move, also to two
// processes. A form that was opened before the run has moved on is refused.
//
// The client records who moved it as an event.EmployeeActed beside the step: with the pseudonym of insight.Viewer.Name under the client's customer key, in a
// field that cx.Client.ForgetEmployee empties in the archive. Looking at one run or customer, and the export of what is stored, is an
// event.EmployeeLooked: once an hour for each viewer and customer in each process. Metrics, objectives and answers of insight count neither, no run changes by
// them, and no page says who it was.
//
// # Searching
//
// The search takes the ID of a run, another form of it, the pseudonym of a customer, and the application's own ID of a customer, which the client hashes
// ([WithCustomerHash] replaces it). It is sent in the body of a request, because addresses are kept in logs, and no address has an own ID of a customer.
//
// # What it costs
//
// All readers share the answers: a question is asked once for each state of the table, each scope, each filter and each moment. Moments are [WithRefresh] apart. [WithQuestions]
// bounds how many are answered at the same time, and how many parts of pages are written, so that half of the processors stay with the service that mounts the
// console. A part whose question waits for longer than ten seconds says so in its place; a page that needs the answer to begin is 503 with Retry-After. 512 answers are kept, and 1,000 pages keep themselves current. A reader who does not
// read is given up after 30 seconds, whatever deadline the server has. While a part of a page is answered, so are the next ones, unless a question of another reader waits
// for its turn.
//
// # Keeping it current
//
// The service keeps the table current: insight.Table.Follow does so in a goroutine of the service. A page says when the table was last read, and that it could not be
// read since. It hears of newer rows at the next moment, and each minute of the time that has passed.
package console
