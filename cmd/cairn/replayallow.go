package main

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// defaultAllowed is the percentage of rows that may have an unknown name or be rejected.
const defaultAllowed = "1%"

// allowance is what --allow says: how much of a log may not be in the report as it should be.
type allowance struct {
	unknown, rejected bool     // of these, any number
	percent           *big.Rat // of rows, of the others together
}

// parseAllow reads a list of "unknown", "rejected" and a percentage.
func parseAllow(text string) (allowance, error) {
	a := allowance{}
	for part := range strings.SplitSeq(text, ",") {
		switch part = strings.TrimSpace(part); part {
		case "unknown":
			a.unknown = true
		case "rejected":
			a.rejected = true
		default:
			number, ok := strings.CutSuffix(part, "%")
			percent, valid := new(big.Rat).SetString(strings.TrimSpace(number))
			if !ok || !valid || strings.ContainsAny(number, "/eExX_") || percent.Sign() < 0 || percent.Cmp(big.NewRat(100, 1)) > 0 {
				return a, fmt.Errorf("--allow: %.80q is none of unknown, rejected and a percentage of rows from 0%% to 100%%, such as 5%%", part)
			}
			if a.percent != nil {
				return a, errors.New("--allow: there are two percentages: one is for the unknown and the rejected rows together")
			}
			a.percent = percent
		}
	}
	if a.percent == nil {
		return a.orDefault(), nil
	}
	return a, nil
}

func (a allowance) orDefault() allowance {
	a.percent, _ = new(big.Rat).SetString(strings.TrimSuffix(defaultAllowed, "%"))
	return a
}

// judge returns an error that says what to do if more rows than are allowed have an unknown name or
// were rejected. Rows outside the period are not counted at all.
func (a allowance) judge(r *report.Report) error {
	var bad int64
	var what, kinds []string
	if !a.unknown && r.Unknown > 0 {
		bad += r.Unknown
		what = append(what, fmt.Sprintf("%d with a name that the blueprint does not have", r.Unknown))
		kinds = append(kinds, "unknown")
	}
	if !a.rejected && r.Rejected > 0 {
		bad += r.Rejected
		what = append(what, fmt.Sprintf("%d rejected", r.Rejected))
		kinds = append(kinds, "rejected")
	}
	rows := r.Events + r.Rejected
	if bad == 0 || new(big.Rat).SetInt64(bad*100).Cmp(new(big.Rat).Mul(a.percent, new(big.Rat).SetInt64(rows))) <= 0 {
		return nil
	}
	if a.unknown {
		kinds = append(kinds, "unknown")
	}
	if a.rejected {
		kinds = append(kinds, "rejected")
	}
	slices.SortFunc(kinds, func(a, b string) int { return strings.Compare(b, a) }) // as they are documented
	need := (bad*100 + rows - 1) / rows
	return fmt.Errorf("more than %s%% of the %d rows are not in the report as they should be: %s. Correct the blueprint or the log, or allow it with --allow %d%% or --allow %s",
		strings.TrimSuffix(strings.TrimRight(a.percent.FloatString(6), "0"), "."), rows, strings.Join(what, ", "), need, strings.Join(kinds, ","))
}
