/** What an entity's state costs an event: the feature engine beside the ways others keep it. */
@NullMarked
package io.vigil.bench.state;

import org.jspecify.annotations.NullMarked;
