/** How programs of ours are told to reach a service, and how its secrets stay out of files. */
@NullMarked
package io.vigil.schema.client;

import org.jspecify.annotations.NullMarked;
