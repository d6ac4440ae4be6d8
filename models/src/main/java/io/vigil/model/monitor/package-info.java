/** What comes in, watched without labels: feeds that fall silent, categories that shift. */
@NullMarked
package io.vigil.model.monitor;

import org.jspecify.annotations.NullMarked;
