package main

import "context"

func suggestUsage() *usage                                   { return newUsage("suggest", "") }
func suggest(ctx context.Context, c *env, args []string) int { return 0 }
