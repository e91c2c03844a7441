package main

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"cairncx.dev/cairn/cmd/cairn/internal/report"
)

// defaultAllowed is the default of --allow: the percentage of rows that may have an unknown name or be
// rejected.
const defaultAllowed = "1%"

// allowance is the value of --allow: how many rows of a log may be faulty before the exit code is 3.
type allowance struct {
	unknown, rejected bool     // any number of these rows is allowed
	percent           *big.Rat // of all rows; it limits the remaining kinds together
}

// parseAllow parses a list of "unknown", "rejected" and a percentage.
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
				return a, fmt.Errorf("--allow: %.80q is not valid: write unknown, rejected or a percentage of the rows from 0%% to 100%%, such as 5%%", part)
			}
			if a.percent != nil {
				return a, errors.New("--allow: there are two percentages: write one for the unknown and the rejected rows together")
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

// judge returns an error with the remedy if more rows than allowed have an unknown name or were rejected. Rows
// outside the period do not count.
func (a allowance) judge(r *report.Report) error {
	var bad int64
	var what, already, all []string
	kind := func(name string, allowed bool, n int64, text string) {
		switch {
		case allowed:
			already = append(already, name)
		case n > 0:
			bad += n
			what = append(what, fmt.Sprintf("%d %s", n, text))
		default:
			return
		}
		all = append(all, name)
	}
	kind("unknown", a.unknown, r.Unknown, "with a name that the blueprint does not have")
	kind("rejected", a.rejected, r.Rejected, "rejected")
	rows := r.Events + r.Rejected
	limit := new(big.Rat).Mul(a.percent, new(big.Rat).SetInt64(rows))
	if bad == 0 || new(big.Rat).SetInt64(100*bad).Cmp(limit) <= 0 {
		return nil
	}
	need := fmt.Sprintf("%d%%", (100*bad+rows-1)/rows)
	percent := strings.TrimRight(strings.TrimRight(a.percent.FloatString(6), "0"), ".")
	return fmt.Errorf("more than %s%% of the %d rows are faulty: %s. Correct the blueprint or the log, or set --allow %s or --allow %s",
		percent, rows, strings.Join(what, ", "), strings.Join(append(already, need), ","), strings.Join(all, ","))
}
