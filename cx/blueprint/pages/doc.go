// Package pages writes a blueprint as Markdown for people who read no YAML: a page a journey that says what is promised, to whom, and how
// it is measured, a page of the contact policy that says when a customer may be contacted, and one page that lists the journeys and the
// objectives.
//
// Names and texts of the blueprint are shown as they are: none of them is read as Markdown or HTML.
package pages
