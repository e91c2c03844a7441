// Package redact removes personal data and secrets from the texts that customers write: comments on feedback, and notes. It
// replaces each by a mark of its kind, so that a reader still understands the text:
//
//	call me on 202-555-0143 or jane@example.com   →   call me on [phone] or [email]
//
// Give a [Redactor] to the client, and its [Redactor.Event] to each exporter if telephone numbers in national form are to be
// found too:
//
//	plans, err := phones.New("DE", "AT", "CH") // where customers write from
//	…
//	r, err := redact.New(redact.WithPhones(plans))
//	…
//	client, err := cx.New(
//		cx.WithRedactor(r.Quick),
//		cx.WithExporters(exporters.Filter(sink, r.Event)),
//	)
//
// The client calls its redactor in the goroutine that records, where a customer may wait. [Redactor.Quick] is cheap enough for
// it. The plans of package phones are not: one number costs as much as the e-mail addresses, cards, accounts, IDs and secrets of a
// thousand bytes. A Filter asks them in the goroutine of the exporter, before the event leaves the process, and
// otelsetup.WithTextRedactor does so for the comments in log events.
//
// # What is found
//
//	Email        RFC 5322's atoms without / = ? &, and quoted strings, in all scripts, and a domain with a dot; (at) and (dot)
//	Phone        + or 00 and a country's code; behind a word such as "call"; North American forms; with [WithPhones] national ones
//	Card         the ranges and lengths of 27 issuers, and Luhn's check digit
//	IBAN         80 countries with the structure of their numbers, and the check digits
//	NationalID   Belgium, Brazil (CPF), Canada (SIN, behind its name), China, Finland, France (NIR), Germany (tax ID), India
//	             (Aadhaar), Italy (codice fiscale), the Netherlands (BSN, behind its name), Poland (PESEL), Spain (DNI, NIE),
//	             Sweden, Switzerland (AHV), the UK (National Insurance), the US (SSN): their form and, where they have one,
//	             their check digit
//	Secret       the tokens of some 35 services by their beginnings, JSON Web Tokens, private keys in PEM, random strings of 32
//	             and more letters of both cases and digits, what stands behind "password:", "api_key=", "Bearer", "PIN", "CVV"
//	Credentials  user and password in a URL
//	Handle       @name, with [WithHandles]
//
// Digits of any script and of full width, Unicode's dashes and spaces, characters that are not seen, and line breaks inside a
// number do not hide it. README.md says how much is found in 500 texts, how often an order's number is taken for something else,
// and what is not found: names, postal addresses, dates of birth, passports, and numbers in words.
//
// # Guarantees
//
//	Idempotence  Text of its own result returns the same. Marks of a Redactor with other options stay, and so do marks that a
//	             customer writes.
//	Rest         No byte outside a finding is changed. A text that is UTF-8 stays so.
//	Cost         Linear in the length, whatever is in the text: each finding looks back at most 160 characters. Phones is asked
//	             at most 16 times a text. What looks like a number beyond that is redacted without asking.
//	Panics       None for any bytes. A Phones of the application may panic: the client and a Filter then drop the text.
//
// # Why this is written here
//
// Two libraries for Go were looked at, by their documentation. censgate/redact (v0.4.1, for which its authors promise no support)
// has a regular expression for each kind. tecnickcom/nurago/pkg/redact finds secrets and cards in log lines and HTTP dumps, in one
// pass. Neither says that it checks accounts and national numbers, reads numbers in other ways of writing them, or leaves its
// own result as it is. Package phones uses
// nyaruka/phonenumbers, because the numbering plans of 240 regions change every few weeks. It is a package of its own, because it
// costs about 10 ms and 2.5 MB when a program starts.
package redact
