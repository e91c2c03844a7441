// Package phones knows which digits are a telephone number in a country's numbering plan, for redact.WithPhones. It uses
// nyaruka/phonenumbers, a port of Google's libphonenumber with its data.
//
// Importing it reads the plans of all regions at the start of the program. One number costs tens of microseconds for each region, so
// it does not belong in a goroutine that serves a customer: see redact.Redactor.Quick.
package phones
