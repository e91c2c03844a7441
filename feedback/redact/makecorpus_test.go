package redact_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// generated is how many texts makeCorpus makes.
const generated = 400

// templates are what customers write, by language. A word in braces is a value of values: with a kind before the bar it is
// labelled, and without one it is something that looks like personal data and is none.
var templates = map[string][]string{
	"en": {
		"Order {order} from {date} has not arrived. Call me on {phone|gb} or write to {email|any}.",
		"I paid {price} with card {card|any} and was charged twice. My mail is {email|any}.",
		"Refund to {iban|any} please, not to the card ending in 4242. Ref {ref}.",
		"Ring {phone|us} between {time} and {time}, tracking {tracking} says delivered.",
		"My log shows {secret|any} since version {version}. Is that public now?",
		"I cloned {url|any} and the build {version} fails since {date}.",
		"The parcel {tracking} ({price}) was left at {place}, ISBN {isbn}.",
		"Still nothing after {date}. Regards, Jane Doe {phone|gb}",
		"Jane Doe, {phone|us}, {email|any}: order {order} is missing.",
		"You asked for my number: {id|en}. Ticket {ref}, opened {date} at {time}.",
		"Contact {email|any} / {phone|us} about invoice {ref}.",
		"Great service, {score}! Delivered {date}, paid {price}, order {order}.",
	},
	"de": {
		"Meine Bestellung {order} vom {date} ist nicht da. Tel. {phone|de}, Mail {email|any}.",
		"Ich habe {price} bezahlt, Karte {card|any}, Rechnung {ref}. Bitte erstatten auf {iban|any}.",
		"Bin ab {time} unter {phone|de} erreichbar, Sendung {tracking}.",
		"Meine Steuernummer {id|de} wurde nicht angenommen, Vorgang {ref}.",
		"Seit {date} keine Antwort. Gruß, Max Muster {phone|de}",
		"Das Buch mit ISBN {isbn} kam am {date} um {time} beschädigt an. {score}",
		"Version {version} stürzt ab, im Protokoll steht {secret|any}.",
		"{email|any} bekommt keine Post, Kundennummer {order}.",
	},
	"fr": {
		"Ma commande {order} du {date} n'est pas arrivée, appelez le {phone|fr}.",
		"J'ai payé {price} avec {card|any}, facture {ref}, écrivez à {email|any}.",
		"Remboursez sur {iban|any} svp, colis {tracking}.",
		"Mon numéro {id|fr} est refusé depuis la version {version}.",
		"Aucune réponse depuis le {date}. Cordialement, Marie {phone|fr}",
		"Le journal montre {secret|any} depuis la version {version}.",
		"Livré à {place} le {date} à {time}. Note {score}.",
	},
	"es": {
		"Mi pedido {order} del {date} no llegó. Escriban a {email|any} o llamen al {phone|us}.",
		"Pagué {price} con la tarjeta {card|any}. Mi DNI es {id|es}.",
		"Devolver a {iban|any}, factura {ref}. Valoración {score}.",
		"El enlace {url|any} da error desde el {date}.",
		"Seguimiento {tracking}: entregado el {date} a las {time}.",
	},
	"it": {
		"Ordine {order} del {date} mai arrivato, scrivete a {email|any}.",
		"Ho pagato {price} con {card|any}, codice {id|it}, fattura {ref}.",
		"Il collegamento {url|any} mostra {secret|any}.",
		"Rimborso su {iban|any}. Versione {version}, voto {score}.",
	},
	"nl": {
		"Bestelling {order} van {date} is niet gekomen, mail {email|any}.",
		"Mijn BSN {id|nl} staat op de factuur {ref}, en ik betaalde {price} met {card|any}.",
		"De link {url|any} werkt niet sinds {version}.",
		"Terugbetalen op {iban|any}, zending {tracking}.",
	},
	"pl": {
		"Zamówienie {order} z {date} nie dotarło, mój mail {email|any}.",
		"PESEL {id|pl} nie działa, faktura {ref}, zapłaciłem {price}.",
		"Zwrot na {iban|any}, ocena {score}.",
	},
	"pt": {
		"Pedido {order} de {date} não chegou, meu CPF é {id|pt}.",
		"Paguei {price} com {card|any}, escrevam para {email|any}.",
		"A chave {secret|any} aparece no pedido {order}.",
		"Versão {version} falha, rastreio {tracking}.",
	},
	"sv": {
		"Order {order} från {date} har inte kommit, ring {phone|sv}.",
		"Mitt personnummer {id|sv} godkänns inte, faktura {ref}, mejla {email|any}.",
		"Betalade {price} med {card|any}, betyg {score}.",
	},
}

// values are fictional: addresses of RFC 2606, telephone numbers that the authorities of their countries keep for fiction (FCC,
// Ofcom, Bundesnetzagentur, Arcep, PTS), card numbers that payment services publish for tests, account numbers of the IBAN
// registry, and national numbers that authorities or encyclopedias print as examples. A question mark stands for a digit.
var values = map[string][]string{
	"email|any": {
		"jane.doe@example.com", "j.smith+shop@example.org", "MAX@EXAMPLE.NET", "kontakt@kunde.example", "o'neil@example.com", "anna_k@mail.example",
		"jürgen@example.de.example", "x@sub.domain.example", "jane.doe (at) example.com", "jane(at)example(dot)com", "1984@example.com",
	},
	"phone|us": {"(202) 555-01??", "202-555-01??", "+1 212 555 01??", "415.555.01??", "+1-312-555-01??", "20255501??"},
	"phone|gb": {"020 7946 0???", "+44 20 7946 0???", "07700 900???", "+447700900???", "(020) 7946 0???"},
	"phone|de": {"030 23125 0??", "030/231250??", "+49 30 231250??", "0171 39200??", "+49 (0)69 90009 ???", "0049 40 66969 ???", "(089) 99998-???"},
	"phone|fr": {"01 99 00 ?? ??", "06 39 98 ?? ??", "+33 1 99 00 ?? ??", "01.99.00.??.??", "0199 00????"},
	"phone|sv": {"070-174 06 ??", "08-465 004 ??", "+46 70 174 06 ??", "0701740605"},
	"card|any": {
		"4242 4242 4242 4242", "4242424242424242", "4000-0566-5566-5556", "5555 5555 5555 4444", "2223003122003222", "5200 8282 8282 8210",
		"3782 822463 10005", "371449635398431", "6011 1111 1111 1117", "3056 930009 0200 04", "36227206271667", "3566 0020 2036 0505", "6200000000000005",
		"4111.1111.1111.1111", "5105 1051 0510 5100",
	},
	"iban|any": {
		"DE89 3704 0044 0532 0130 00", "DE89370400440532013000", "GB29 NWBK 6016 1331 9268 19", "FR14 2004 1010 0505 0001 3M02 606", "ES91 2100 0418 4502 0005 1332",
		"IT60 X054 2811 1010 0000 0123 456", "NL91 ABNA 0417 1643 00", "PL61109010140000071219812874", "SE45 5000 0000 0583 9825 7466", "PT50 0002 0123 1234 5678 9015 4",
		"AT61 1904 3002 3457 3201", "CH93 0076 2011 6238 5295 7", "BE68 5390 0754 7034", "no93 8601 1117 947",
	},
	"id|en": {"078-05-1120", "219-09-9999", "AB 12 34 56 C", "AB123456C", "2341 2341 2346"},
	"id|de": {"86095742719", "86 095 742 719", "47036892816", "65929970489"},
	"id|fr": {"2 55 08 14 168 025 38", "255081416802538"},
	"id|es": {"12345678Z", "12.345.678-Z", "X1234567L", "12345678-Z"},
	"id|it": {"RSSMRA85T10A562S", "RSS MRA 85T10 A562S", "MRTMTT91D08F205J"},
	"id|nl": {"111222333", "123456782"},
	"id|pl": {"44051401359", "02070803628"},
	"id|pt": {"529.982.247-25", "52998224725", "111.444.777-35"},
	"id|sv": {"811228-9874", "19811228-9874", "8112289874"},
	"secret|any": {
		"AKIAIOSFODNN7EXAMPLE", "ghp_{36}", "sk_live_{24}", "glpat-{20}", "xoxb-123456789012-{24}", "eyJhbGciOiJIUzI1?iJ9.eyJzdWIiOiIxMjM0In0.{43}", "AIza{35}",
		"npm_{36}", "SG.{22}.{43}", "{40}", "{64}",
	},
	"url|any": {"https://{credentials|jane:s3cret@}git.example/repo.git", "postgres://{credentials|app:{16}@}db.example:5432/shop", "https://{credentials|token@}example.com/x"},
	"order":   {"10????????", "???????", "4711-????", "A-????????", "20261129????", "???-???????-???????", "????????????"},
	"ref":     {"#??????", "INV-2026-00????", "2026/??????", "RE-?????????", "T-?????", "????????"},
	"date":    {"12.04.2026", "2026-04-17", "4/17/26", "17/04/2026", "2026-04-17 10:30", "17.4.26", "20260417", "3.-5. 2026"},
	"time":    {"10:30", "8.15", "17h45", "10:30:15", "9 pm", "08.00-17.30"},
	"version": {"1.2.3", "14.2", "2026.11.29", "v10.0.19045.3803", "3.0.0-rc.1", "1.10.100.1000"},
	"price":   {"19,99 EUR", "$1,299.00", "1.234,56 €", "£12.50", "1 299 000 zł", "12000000 COP", "R$ 1.234.567,89", "₹12,34,567"},
	"tracking": {
		"1Z999AA1??????????", "JJD00039000?????????", "00340434????????????", "RR ????????? DE", "9400100000000000??????", "7??? ???? ????", "H100000??????????",
	},
	"isbn":  {"978-3-16-148410-0", "9780306406157", "0-306-40615-2", "979-10-90636-07-1"},
	"place": {"52.520008, 13.404954", "48.8583 N 2.2945 E", "room 1204", "9 rue X, 75001", "10115"},
	"score": {"5/5", "10 of 10", "100%", "4.5 stars", "9/10"},
}

// makeCorpus returns texts in the form of testdata, always the same ones.
func makeCorpus() string {
	random := rand.New(rand.NewPCG(15, 2026)) //nolint:gosec // the same texts each time
	languages := []string{"en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv"}
	var out strings.Builder
	for i := range generated {
		language := languages[i%len(languages)]
		if i%3 == 0 {
			language = languages[random.IntN(2)]
		}
		list := templates[language]
		fmt.Fprintf(&out, "%s\t%s\n", language, fill(random, list[random.IntN(len(list))]))
	}
	return out.String()
}

// fill puts values into the braces of a template.
func fill(random *rand.Rand, template string) string {
	var out strings.Builder
	for rest := template; ; {
		before, after, found := strings.Cut(rest, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		var name string
		name, rest, _ = strings.Cut(after, "}")
		list := values[name]
		v := digits(random, list[random.IntN(len(list))])
		kind, _, labelled := strings.Cut(name, "|")
		switch {
		case kind == "url":
			v = strings.NewReplacer("{credentials|", "⟦credentials|", "@}", "@⟧").Replace(letters(random, v))
		case labelled:
			v = "⟦" + kind + "|" + letters(random, v) + "⟧"
		}
		out.WriteString(v)
	}
}

// digits replaces each question mark by a digit.
func digits(random *rand.Rand, v string) string {
	out := []byte(v)
	for i, b := range out {
		if b == '?' {
			out[i] = byte('0' + random.IntN(10))
		}
	}
	return string(out)
}

// letters replaces {n} by n random letters and digits.
func letters(random *rand.Rand, v string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	for _, n := range []int{16, 20, 22, 24, 35, 36, 40, 43, 64} {
		for hole := fmt.Sprintf("{%d}", n); strings.Contains(v, hole); {
			key := make([]byte, n)
			for i := range key {
				key[i] = alphabet[random.IntN(len(alphabet))]
			}
			v = strings.Replace(v, hole, string(key), 1)
		}
	}
	return v
}
