package redact

import "bytes"

// word looks for what begins with a letter at p, and returns where the scan goes on: behind the letters.
func (s *scan) word(p int) int {
	f := s.f
	end := p + 1
	for end < len(f) && classes[f[end]]&isLetter != 0 {
		end++
	}
	if p > 0 && isAlnum(f[p-1]) {
		return end
	}
	letters, secrets := end-p, !s.cfg.off[Secret]
	more := end+1 < len(f) && isToken(f[end]) && f[end+1] > ' ' // digits, or signs of tokens
	switch {
	case letters == 2 && hasFold(f, p, "at") && s.spelledAt(p):
	case letters == 2 && end+1 < len(f) && (more || digit(f[end+1])) && (s.iban(p) || s.idWord(p, letters)):
	case (letters == 1 || letters == 3 || letters == 6) && end+1 < len(f) && s.idWord(p, letters):
	case secrets && (more || letters >= randomLength) && s.token(p):
	case secrets && s.named(p, end):
	}
	return end
}

// sign looks for what begins with something else than a letter or a digit at p.
func (s *scan) sign(p int) {
	switch s.f[p] {
	case '@':
		s.handle(p)
	case '-':
		if !s.cfg.off[Secret] {
			s.pem(p)
		}
	}
}

// links finds the user and password in URLs: what stands before an @, behind ://.
func (s *scan) links() {
	const longest = 256
	f := s.f
	for p := 0; ; {
		i := bytes.Index(f[p:], []byte("://"))
		if i < 0 {
			return
		}
		p += i + len("://")
		at := 0
		for i := p; i < len(f) && i-p < longest && f[i] > ' ' && f[i] != '/' && f[i] != '?' && f[i] != '#' && f[i] != barrier; i++ {
			if f[i] == '@' {
				at = i
			}
		}
		if at > p {
			s.add(Credentials, p, at)
		}
	}
}
