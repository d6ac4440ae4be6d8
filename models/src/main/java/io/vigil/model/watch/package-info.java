/** What a rollout must hold while it runs: conditions, counts, and the judgement of them. */
@NullMarked
package io.vigil.model.watch;

import org.jspecify.annotations.NullMarked;
