/** What the core knows of a transaction: fields, entities, and a view over an adapter's record. */
@NullMarked
package io.vigil.model.event;

import org.jspecify.annotations.NullMarked;
