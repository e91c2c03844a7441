package redact_test

import (
	"cairncx.dev/cairn/feedback/redact"
	"cairncx.dev/cairn/feedback/redact/phones"
	"testing"
)

func TestTry(t *testing.T) {
	p, err := phones.New("DE", "US", "FR", "GB", "ES", "SE", "AU", "IT", "NL", "PL")
	if err != nil {
		t.Fatal(err)
	}
	r, err := redact.New(redact.WithPhones(p), redact.WithHandles(), redact.WithPseudonyms([]byte("0123456789abcdef")))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"mail jane.doe+x@example.com or JANE.DOE+X@EXAMPLE.COM, jane.doe+x (at) example (dot) com. müller@exämple.de",
		"\"john q\"@example.com jane@\nexample.com <a@b.example>",
		"card 4111 1111 1111 1111 exp 12/27 cvv 123, 4111-1111-1111-1111, ４１１１１１１１１１１１１１１１ 4111\u200b1111\u200b1111\u200b1111, 4111–1111–1111–1111 3782 822463 10005",
		"IBAN DE89 3704 0044 0532 0130 00 GB82WEST12345698765432 fr14 2004 1010 0505 0001 3M02 606",
		"AKIAIOSFODNN7EXAMPLE ghp_0123456789abcdefghij0123456789abcdef eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U password: hunter2 pin 1234",
		"https://user:pa:ss@example.com/path?token=abc123&x=1 https://medium.com/@jane hi @jane_doe!",
		"call +1 202 555 0143, (202) 555-0143, 202-555-0143, 0049 30 23125 012, +49 (0)30 23125-012, 030 23125 012, 030/23125012, 01 99 00 12 34, 07700 900123, Tel. 07700 900123",
		"ssn 078-05-1120, 078051120, NINO AB 12 34 56 C, AB123456C, DNI 12345678Z, X1234567L, RSSMRA85T10A562S, BSN 111222333, 811228-9874, 19121212-1212, 44051401359, 529.982.247-25, 2341 2341 2346, 86095742719, 2 55 08 14 168 025 38, 85.07.30-033.28, 756.9217.0769.85, 131052-308T, 11010519491231002X, SIN 046 454 286",
		"order 1234567890, 2024-01-15 12:30, 01.02.2024 12:30, v1.2.3, 1.234.567,89 EUR, 1Z999AA10123456784, ISBN 978-3-16-148410-0, 52.520008, 13.404954, 192.168.100.200, 2019-2024, 12:30-14:00, 550e8400-e29b-41d4-a716-446655440000, 3-16-148410-0, 00340434161094042557",
		"-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nabc\n-----END RSA PRIVATE KEY----- after",
	} {
		out := r.Text(s)
		t.Logf("%s\n=> %s\n", s, out)
		if r.Text(out) != out {
			t.Errorf("not idempotent: %s", r.Text(out))
		}
	}
}
