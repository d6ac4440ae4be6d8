/** What a score and the rules that held come to: outcome, alert, priority; and exchange rates. */
@NullMarked
package io.vigil.model.policy;

import org.jspecify.annotations.NullMarked;
