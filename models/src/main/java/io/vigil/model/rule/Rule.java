package io.vigil.model.rule;

import io.vigil.model.expression.Expression;
import io.vigil.model.policy.Hit;
import org.jspecify.annotations.Nullable;

/**
 * One rule.
 *
 * @param hit what comes of it when the condition holds, with the rule's id
 * @param when a condition
 * @param text how it is told
 * @param owner who answers for it; null when nobody is named
 * @param expiresMs effective time from which it is off, milliseconds since the epoch; {@link
 *     Long#MAX_VALUE} for never
 */
public record Rule(
    Hit hit, Expression when, Template text, @Nullable String owner, long expiresMs) {}
