/** What people are shown: the queue, a case with all that belongs to it, the lead's figures. */
@org.jspecify.annotations.NullMarked
package io.vigil.console.view;
