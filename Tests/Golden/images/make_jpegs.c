/* Writes a JPEG of a kind that Pillow cannot write: arithmetic coding, odd sampling, YCCK. */
/* SPDX-License-Identifier: Apache-2.0 */
/* Usage: make_jpegs KIND WIDTH HEIGHT OUTPUT; raw samples of 3 channels (4 for ycck) on stdin.
   KIND: letters; a arithmetic, p progressive, s several scans, r RGB kept, k YCCK,
   v 4:4:0, w 4:1:1, m many scans. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

static void several_scans(struct jpeg_compress_struct *jpeg, jpeg_scan_info *scans) {
  for (int component = 0; component < jpeg->num_components; component++) {
    scans[component] = (jpeg_scan_info){
        .comps_in_scan = 1, .component_index = {component}, .Se = 63};
  }
  jpeg->scan_info = scans;
  jpeg->num_scans = jpeg->num_components;
}

/* A progressive file that sends every coefficient of every component in a scan of its own. */
static void many_scans(struct jpeg_compress_struct *jpeg, jpeg_scan_info *scans) {
  int count = 0;
  scans[count++] = (jpeg_scan_info){.comps_in_scan = 3, .component_index = {0, 1, 2}};
  for (int component = 0; component < 3; component++) {
    for (int k = 1; k < 64; k++) {
      scans[count++] = (jpeg_scan_info){
          .comps_in_scan = 1, .component_index = {component}, .Ss = k, .Se = k};
    }
  }
  jpeg->scan_info = scans;
  jpeg->num_scans = count;
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  const char *kind = arguments[1];
  int channels = strchr(kind, 'k') ? 4 : 3;
  struct jpeg_compress_struct jpeg;
  struct jpeg_error_mgr errors;
  jpeg_scan_info scans[200] = {0};
  FILE *output = fopen(arguments[4], "wb");
  if (!output) return 4;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  jpeg_stdio_dest(&jpeg, output);
  jpeg.image_width = (JDIMENSION)atoi(arguments[2]);
  jpeg.image_height = (JDIMENSION)atoi(arguments[3]);
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 80, TRUE);
  if (strchr(kind, 'r')) jpeg_set_colorspace(&jpeg, JCS_RGB);
  if (strchr(kind, 'k')) jpeg_set_colorspace(&jpeg, JCS_YCCK);
  if (strchr(kind, 'p')) jpeg_simple_progression(&jpeg);
  if (strchr(kind, 's')) several_scans(&jpeg, scans);
  if (strchr(kind, 'm')) many_scans(&jpeg, scans);
  if (strchr(kind, 'v')) {
    jpeg.comp_info[0].h_samp_factor = 1;
    jpeg.comp_info[0].v_samp_factor = 2;
  }
  if (strchr(kind, 'w')) {
    jpeg.comp_info[0].h_samp_factor = 4;
    jpeg.comp_info[0].v_samp_factor = 1;
  }
  jpeg.arith_code = strchr(kind, 'a') != NULL;
  jpeg.optimize_coding = !jpeg.arith_code;
  jpeg_start_compress(&jpeg, TRUE);
  JSAMPROW row = malloc((size_t)jpeg.image_width * (size_t)channels);
  while (jpeg.next_scanline < jpeg.image_height) {
    if (fread(row, (size_t)channels, jpeg.image_width, stdin) != jpeg.image_width) return 3;
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  return fclose(output) == 0 ? 0 : 4;
}
