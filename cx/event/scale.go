package event

// Scale is the scale of a question. It defines the possible answers and their meaning. The zero value is no scale.
type Scale uint8

// The scales, each with its published reading of the answers.
const (
	_ Scale = iota
	// NPS is the Net Promoter Score, "How likely are you to recommend us?", 0 to
	// 10: 9 and 10 promoters, 7 and 8 passives, 0 to 6 detractors (Reichheld, "The
	// One Number You Need to Grow", Harvard Business Review, December 2003).
	NPS
	// CSAT is customer satisfaction, 1 to 5: 4 and 5 are satisfied ("top two
	// box"), 3 is neutral, 1 and 2 are not.
	CSAT
	// CES is the Customer Effort Score 2.0, "The company made it easy for me to
	// handle my issue", 1 (strongly disagree) to 7 (strongly agree): 5 to 7 found
	// it easy, 4 is neutral, 1 to 3 found it hard (Dixon, Toman, DeLisi, "The
	// Effortless Experience", 2013).
	CES
	// Stars is a rating of 1 to 5 stars: 4 and 5 are good, 3 is neutral.
	Stars
	// Thumbs is down (0) or up (1).
	Thumbs
)

var scaleNames = []string{"", "nps", "csat", "ces", "stars", "thumbs"}

// String returns the scale's name as it appears in telemetry and JSON. It is "" for the zero value.
func (s Scale) String() string { return enumName(scaleNames, s) }

// MarshalText implements [encoding.TextMarshaler].
func (s Scale) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the scale as it was.
func (s *Scale) UnmarshalText(b []byte) error { return parseEnum("scale", scaleNames, b, s) }

// bounds are those of a scale: the lowest and the highest answer, the highest negative and the lowest positive answer.
type bounds struct{ low, high, negative, positive int }

func (s Scale) bounds() bounds {
	switch s {
	case NPS:
		return bounds{0, 10, 6, 9}
	case CSAT, Stars:
		return bounds{1, 5, 2, 4}
	case CES:
		return bounds{1, 7, 3, 5}
	case Thumbs:
		return bounds{0, 1, 0, 1}
	default:
		return bounds{0, -1, -1, 0}
	}
}

// Min returns the lowest answer that the scale allows.
func (s Scale) Min() int { return s.bounds().low }

// Max returns the highest answer that the scale allows.
func (s Scale) Max() int { return s.bounds().high }

// Verdict returns the meaning of the score. It returns false for a score that is not on the scale.
func (s Scale) Verdict(score int) (Verdict, bool) {
	b := s.bounds()
	switch {
	case score < b.low || score > b.high:
		return 0, false
	case score <= b.negative:
		return Negative, true
	case score >= b.positive:
		return Positive, true
	default:
		return Neutral, true
	}
}

// Verdict is the meaning of an answer, on any scale: positive (a promoter, a satisfied customer, little effort), neutral (a
// passive) or negative (a detractor). The zero value means not known.
type Verdict uint8

// The verdicts.
const (
	_ Verdict = iota
	Positive
	Neutral
	Negative
)

var verdictNames = []string{"", "positive", "neutral", "negative"}

// String returns the verdict's name as it appears in telemetry and JSON. It is "" for the zero value.
func (v Verdict) String() string { return enumName(verdictNames, v) }

// MarshalText implements [encoding.TextMarshaler].
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler]. An unknown name is an error, and leaves the verdict as it was.
func (v *Verdict) UnmarshalText(b []byte) error { return parseEnum("verdict", verdictNames, b, v) }
