// Package intake takes in what customers answer over HTTP: it has the page behind a signed link, the JSON of surveys for a widget, and the
// widget itself. It is an [http.Handler], which the application mounts under a path of its choice.
//
// # The addresses
//
// BASE is where the handler is mounted. It works under [http.StripPrefix] and without, because it reads the last segments of the path only.
//
//	GET  BASE/r/{token}            the page of a signed link; ?score=4 chooses an answer, ?lang=de a language. With
//	                               "Accept: application/json" the survey as JSON, with what was answered
//	POST BASE/r/{token}            records the answer, or changes it
//	POST BASE/r/{token}/shown      records that the customer sees the question
//	POST BASE/r/{token}/dismissed  records that the customer does not want to answer
//	GET  BASE/surveys/{name}       the survey as JSON, ?lang=de in a language
//	POST BASE/surveys/{name}       records an answer without a request, to the surveys of WithUnsolicited
//	GET  BASE/widget.js            the widget, an ES module; BASE/page.css and BASE/page.js are those of the page
//
// A GET never records: the scanners of mail systems open each link. The page says that it was shown by a script, and works without.
package intake
