// The depthwise convolution of net.py over time, and its gradients: what torch does with it takes longer than all matrices together.
// Arrays are (batch, steps, channels) and (kernel, channels).
#include <string.h>

void forward(const float *restrict x, const float *restrict w, float *restrict y, long batch, long steps, long channels, long kernel, long past) {
	for (long b = 0; b < batch; b++)
		for (long t = 0; t < steps; t++) {
			float *out = y + (b * steps + t) * channels;
			memset(out, 0, channels * sizeof *out);
			for (long k = 0; k < kernel; k++) {
				long s = t + k - past;
				if (s < 0 || s >= steps)
					continue;
				const float *in = x + (b * steps + s) * channels, *v = w + k * channels;
				for (long c = 0; c < channels; c++)
					out[c] += in[c] * v[c];
			}
		}
}

void backward(const float *restrict x, const float *restrict w, const float *restrict g, float *restrict dx, float *restrict dw,
              long batch, long steps, long channels, long kernel, long past) {
	memset(dw, 0, kernel * channels * sizeof *dw);
	for (long b = 0; b < batch; b++)
		for (long s = 0; s < steps; s++) {
			float *out = dx + (b * steps + s) * channels;
			const float *in = x + (b * steps + s) * channels;
			memset(out, 0, channels * sizeof *out);
			for (long k = 0; k < kernel; k++) {
				long t = s + past - k;
				if (t < 0 || t >= steps)
					continue;
				const float *from = g + (b * steps + t) * channels, *v = w + k * channels;
				float *d = dw + k * channels;
				for (long c = 0; c < channels; c++) {
					out[c] += from[c] * v[c];
					d[c] += from[c] * in[c];
				}
			}
		}
}
