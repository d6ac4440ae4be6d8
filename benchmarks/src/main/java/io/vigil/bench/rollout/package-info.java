/** A model's way into force and back while a stream flows, and what the topics say of it. */
@NullMarked
package io.vigil.bench.rollout;

import org.jspecify.annotations.NullMarked;
