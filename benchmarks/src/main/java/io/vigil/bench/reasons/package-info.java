/** What a reason is worth and costs, by the way in which it is reckoned. */
@NullMarked
package io.vigil.bench.reasons;

import org.jspecify.annotations.NullMarked;
