package cxopenfeature

import (
	"context"
	"slices"
	"strconv"

	"github.com/open-feature/go-sdk/openfeature"

	"cairncx.dev/cairn/touchpoint"
)

// Hook makes arms of experiments of evaluated flags. Add it to a client, to all clients (openfeature.AddHooks) or to one evaluation. It changes
// no evaluation, and returns no error. The zero value and nil record nothing. It is safe for concurrent use.
type Hook struct {
	flags []string
}

var _ openfeature.Hook = (*Hook)(nil)

// NewHook returns a Hook for the flags with these keys, which are the experiments that the application compares. Where a context evaluates
// several of them, its events have the arm of the one that is named first here. The key is the name of the experiment, and the variant that of
// the arm, each cut at 64 bytes. A boolean flag without a variant has the arm "true" or "false". Another flag without a variant, a disabled flag and
// a failed evaluation have none.
func NewHook(flags ...string) *Hook { return &Hook{flags: slices.Clone(flags)} }

// After implements openfeature.Hook.
func (h *Hook) After(ctx context.Context, hc openfeature.HookContext, details openfeature.InterfaceEvaluationDetails, _ openfeature.HookHints) error {
	if h == nil {
		return nil
	}
	at := slices.Index(h.flags, hc.FlagKey())
	if at < 0 || details.Reason == openfeature.DisabledReason || details.Reason == openfeature.ErrorReason || details.ErrorCode != "" {
		return nil
	}
	arm := details.Variant
	if on, ok := details.Value.(bool); ok && arm == "" {
		arm = strconv.FormatBool(on)
	}
	touchpoint.SeeArm(ctx, hc.FlagKey(), arm, h.flags[:at]...)
	return nil
}

// Before implements openfeature.Hook. It changes nothing.
func (h *Hook) Before(context.Context, openfeature.HookContext, openfeature.HookHints) (*openfeature.EvaluationContext, error) {
	return nil, nil //nolint:nilnil // no change of the context
}

// Error implements openfeature.Hook. It does nothing.
func (h *Hook) Error(context.Context, openfeature.HookContext, error, openfeature.HookHints) {}

// Finally implements openfeature.Hook. It does nothing.
func (h *Hook) Finally(context.Context, openfeature.HookContext, openfeature.InterfaceEvaluationDetails, openfeature.HookHints) {
}
