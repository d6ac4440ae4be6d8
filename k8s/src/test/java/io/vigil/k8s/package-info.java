/** Holds the files of this folder against what they name. */
package io.vigil.k8s;
