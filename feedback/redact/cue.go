package redact

import "strings"

// cue says what the words before a number make of it, as a set.
type cue uint16

const (
	cuePhone cue = 1 << iota
	cueNot       // the number of an order, a parcel, a product
	cueSSN
	cueSIN
	cueBSN
	cueAadhaar
	cuePersonnummer
	cueNIR
	cueNumber // a number, or where somebody is
)

const (
	// cueWords and cueReach bound how far before a number its word may stand.
	cueWords = 6
	cueReach = 48
)

// cueBefore returns what the nearest word says, of those before p that say something. A word such as "number" only counts if no
// other one says more. It looks back no further than an empty line, a question mark or an exclamation mark.
func (s *scan) cueBefore(p int) (found cue) {
	f := s.f
	for i, words := p, 0; i > 0 && words < cueWords; {
		end := i
		for i > 0 && classes[f[i-1]]&isLetter != 0 {
			i--
		}
		if p-i > cueReach {
			return found
		}
		if i == end {
			b := f[i-1]
			if b == barrier || b == '!' || b == '?' || b == ';' || b == '\n' && i > 1 && f[i-2] == '\n' {
				return found
			}
			i--
			continue
		}
		words++
		switch c := cueOfBytes(f[i:end]); c {
		case 0:
		case cueNumber:
			found = c
		default:
			return c
		}
	}
	return found
}

// cueOfBytes is cueOf for a word in any case.
func cueOfBytes(word []byte) cue {
	const longest = 20
	if len(word) > longest {
		return 0
	}
	var buf [longest]byte
	w := buf[:0]
	for _, b := range word {
		w = append(w, lower(b))
	}
	return cueOf(string(w))
}

// cueOf returns what a word says, in lower case without marks. The languages are English, German, French, Spanish, Italian,
// Portuguese, Dutch, Polish and Swedish.
func cueOf(w string) cue {
	switch w {
	case "tel", "phone", "telephone", "telefon", "telefono", "telefone", "telefoon", "telefonu", "call", "calls", "ring", "dial", "reach",
		"mobile", "mobil", "movil", "cell", "cellphone", "handy", "handynummer", "telefonnummer", "mobilnummer", "ruf", "rufen", "anrufen", "ruckruf",
		"ruckrufnummer", "erreichbar", "erreichen", "fax", "fon", "whatsapp", "portable", "appeler", "appelez", "rappeler", "rappelez", "joindre",
		"joignable", "llamar", "llamen", "llame", "llamame", "celular", "cellulare", "chiamare", "chiamatemi", "ligar", "ligue", "telemovel", "bel",
		"bellen", "telefoonnummer", "komorka", "dzwonic", "zadzwonic", "ringa", "telefonnumret", "telefonnumer", "tlf", "landline", "festnetz":
		return cuePhone
	case "ssn", "social":
		return cueSSN
	case "sin", "nas":
		return cueSIN
	case "bsn", "burgerservicenummer", "sofinummer":
		return cueBSN
	case "aadhaar", "aadhar", "adhaar", "uidai":
		return cueAadhaar
	case "personnummer", "samordningsnummer":
		return cuePersonnummer
	case "nir", "secu", "insee":
		return cueNIR
	case "number", "nummer", "numero", "unter", "under", "sous", "al", "au", "op", "pod", "no", "nr":
		return cueNumber
	}
	if w == "id" || notPhone(w) {
		return cueNot
	}
	return 0
}

// notPhone reports whether the word names the number of something else than a telephone.
func notPhone(w string) bool {
	switch w {
	case "isbn", "issn", "ean", "gtin", "upc", "asin", "sku", "imei", "serial", "model", "modell", "version", "build", "firmware", "zip", "plz", "postcode",
		"ref", "reference", "referenz", "referencia", "referentie", "case", "vorgang", "vorgangsnummer", "aktenzeichen", "dossier",
		"lot", "batch", "charge", "coupon", "voucher", "gutschein", "item", "items", "product", "produkt", "page", "room":
		return true
	}
	for _, stem := range [...]string{
		"order", "bestell", "bestill", "auftrag", "commande", "pedido", "ordine", "zamowien", "encomenda", "invoice", "rechnung", "facture", "factura", "fattura",
		"fatura", "factuur", "faktur", "ticket", "track", "sendung", "parcel", "paket", "colis", "suivi", "rastre", "seguimiento", "envio", "spedizione", "shipment",
		"zending", "przesylk", "pakke", "artikel", "article", "articulo", "articol", "artigo", "kunden", "customer", "client", "klant", "klient", "account",
		"vertrag", "contrat", "contract", "konto", "zahler", "booking", "buchung", "reserv", "transaction", "transakt", "confirmation", "payment", "zahlung",
	} {
		if strings.HasPrefix(w, stem) {
			return true
		}
	}
	return false
}
